"""Turns at the providers, shared by all workers through Redis and fair between runs.

`Gates` is what callers use; everything else is how it works:

- A *place* is a lease in Redis, renewed while the call runs: a dead worker's places are
  free again within LEASE_SECONDS.
- The line of those who wait is in Redis, too, and one script (`turn.lua`) gives places
  out, whichever worker runs it: one to each run in turn, in a run by the order of asking.
- Workers hear of places that another's call set free by a message; one that is lost
  costs a second, for who waits also asks.
- While Redis is away each worker admits its part of the limits by itself: the limits
  divided by the workers that were seen last. When it is back, each says what it holds
  before anybody gets a new place.
- A provider without limits costs no word with Redis.
"""
