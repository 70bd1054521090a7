"""Changes: planned, approved, carried out once, proven.

service.py     what doors talk to                seal.py      the HMAC whose key is not in the store
planning.py    from a request to a plan          audit.py     the chain of records
deciding.py    words of people, and whether      lock.py      one change at a time per cluster
               they count                        brakes.py    what holds a change back
executing.py   journaled steps within a lock     expiries.py  promises to take a state back
verifying.py   the checks, twice                 carrier.py   whichever bot goes on with it
"""
