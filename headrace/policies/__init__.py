"""The policy as people write it, publish it, ask about it and try it: the edge of what dataflows/rules/policy/policy.py reads.

Here may be: reading files, checking, compiling, comparing, publishing, explaining and trying policies. What a policy
means is decided in dataflows/rules alone; a test holds the models here against it, both ways.
"""
