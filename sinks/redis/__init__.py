"""The directory (who has which document and bank account), receipts that wait for a payer; in live/ the live views.

All of it is made from the logs and can be lost: it is read again from the beginning. May not be
here: reading or writing the event log (the flow shell does that).
"""
