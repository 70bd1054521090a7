"""Changes: planned, approved, carried out once, proven.

service.py     what doors talk to                  carrier.py    whichever bot goes on with one
planning.py    from a request to a plan            parts.py      what everybody here works with
deciding.py    words of people: who may say them   journal.py    what is written, by one carrier
authority.py   whether what is approved is proven  seal.py       HMACs, their key not in the store
beginning.py   planned again, held, locked         brakes.py     what holds a change back
executing.py   steps, and what holds them up       lock.py       one change at a time per cluster
acting.py      one step: once, or in doubt         looking.py    reads, and dry runs
verifying.py   the checks, twice                   audit.py      the chain of records
ending.py      how it ends                         daily.py      its head, made public
reverting.py   time-boxed states taken back        teller.py     the Slack side, as seen from here
"""
