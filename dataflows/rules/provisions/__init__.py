"""The sections of a policy, each as the rules read it: one module a section, one class with what holds."""
