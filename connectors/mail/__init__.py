"""What mail servers and mail programs say of messages that were sent: bounces and notices of reading."""
