"""The scripts of :mod:`bot.store.changes`. Times are the store's own, in milliseconds."""

from __future__ import annotations

from bot.store.script import Script

_NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""

ACCEPT = Script(f"""
-- change, changes, due, events | id, record, state, requester, event, most, age
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
{_NOW}
redis.call('HSET', KEYS[1], 'record', ARGV[2], 'state', ARGV[3], 'requester', ARGV[4],
  'sequence', 0)
redis.call('RPUSH', KEYS[4], ARGV[5])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZADD', KEYS[3], now, ARGV[1])
local stem = string.sub(KEYS[1], 1, -#ARGV[1] - 1)
local function forget(id)
  if not redis.call('ZSCORE', KEYS[3], id) then
    redis.call('ZREM', KEYS[2], id)
    redis.call('DEL', stem .. id, stem .. id .. ':said')
  end
end
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], '-inf', now - ARGV[7], 'BYSCORE')) do
  forget(id)
end
local spare = redis.call('ZCARD', KEYS[2]) - ARGV[6]
if spare > 0 then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, spare - 1)) do
    forget(id)
  end
end
return 1
""")

TAKE = Script(f"""
-- change, due, said | id, carrier
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return false
end
{_NOW}
if redis.call('HGET', KEYS[1], 'carrier') ~= ARGV[2] then
  redis.call('HSET', KEYS[1], 'carrier', ARGV[2], 'sequence', 0)
end
local due = redis.call('ZSCORE', KEYS[2], ARGV[1])
return {{redis.call('HGETALL', KEYS[1]), redis.call('LRANGE', KEYS[3], 0, -1),
  due and math.floor(due - now)}}
""")

LOOK = Script("""
-- change, said
return {redis.call('HGETALL', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1)}
""")

WRITE = Script(f"""
-- change, due, events, ask | id, carrier, sequence, before, record, state, due in ms,
--   ask, digest, needed, within, valid, solo, events ...
if redis.call('HGET', KEYS[1], 'carrier') ~= ARGV[2] then
  return 0
end
if tonumber(redis.call('HGET', KEYS[1], 'sequence')) >= tonumber(ARGV[3]) then
  return 1
end
if redis.call('HGET', KEYS[1], 'state') ~= ARGV[4] then
  return 2
end
{_NOW}
redis.call('HSET', KEYS[1], 'sequence', ARGV[3], 'record', ARGV[5], 'state', ARGV[6])
if ARGV[7] ~= '' then
  redis.call('ZADD', KEYS[2], now + ARGV[7], ARGV[1])
end
if ARGV[8] ~= '' then
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(field, 1, 2) == 'a:' then
      redis.call('HDEL', KEYS[1], field)
    end
  end
  redis.call('HDEL', KEYS[1], 'valid_until', 'solo_from')
  redis.call('HSET', KEYS[1], 'ask', ARGV[8], 'digest', ARGV[9], 'needed', ARGV[10],
    'posted_at', now, 'decide_by', now + ARGV[11], 'valid', ARGV[12])
  if tonumber(ARGV[13]) > 0 then
    redis.call('HSET', KEYS[1], 'solo_from', now + ARGV[13])
  end
  redis.call('SET', KEYS[4], ARGV[1], 'PX', ARGV[11] + 30 * 86400000)
end
for index = 14, #ARGV do
  redis.call('RPUSH', KEYS[3], ARGV[index])
end
return 1
""")

SLEEP = Script(f"""
-- change, due | id, carrier, state, ms
if redis.call('HGET', KEYS[1], 'carrier') ~= ARGV[2]
    or redis.call('HGET', KEYS[1], 'state') ~= ARGV[3] then
  return 0
end
{_NOW}
redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[1])
return 1
""")

CLOSE = Script("""
-- change, due | id, carrier
if redis.call('HGET', KEYS[1], 'carrier') == ARGV[2] then
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return 1
""")

DECIDE = Script(f"""
-- change, said, due, events | id, user, word, ask, digest, decision, event, requester may
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  return 'gone'
end
if redis.call('HGET', KEYS[1], 'ask') ~= ARGV[4] or redis.call('HGET', KEYS[1], 'digest') ~= ARGV[5]
then
  return 'other-plan'
end
if redis.call('HGET', KEYS[1], 'a:' .. ARGV[2]) == ARGV[3] then
  return 'already'
end
if state ~= 'waiting' then
  return 'late'
end
{_NOW}
if now > tonumber(redis.call('HGET', KEYS[1], 'decide_by')) then
  return 'expired'
end
if ARGV[8] ~= '1' and redis.call('HGET', KEYS[1], 'requester') == ARGV[2] then
  return 'requester'
end
if ARGV[3] == 'solo' then
  local from = redis.call('HGET', KEYS[1], 'solo_from')
  if not from or now < tonumber(from) then
    return 'late'
  end
end
redis.call('HSET', KEYS[1], 'a:' .. ARGV[2], ARGV[3])
redis.call('RPUSH', KEYS[2], ARGV[6])
redis.call('RPUSH', KEYS[4], ARGV[7])
redis.call('ZADD', KEYS[3], now, ARGV[1])
if ARGV[3] == 'reject' then
  redis.call('HSET', KEYS[1], 'state', 'rejected')
  return 'taken'
end
local approvals = 0
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 2) == 'a:' then
    approvals = approvals + 1
  end
end
if ARGV[3] == 'solo' or approvals >= tonumber(redis.call('HGET', KEYS[1], 'needed')) then
  redis.call('HSET', KEYS[1], 'state', 'approved',
    'valid_until', now + redis.call('HGET', KEYS[1], 'valid'))
end
return 'taken'
""")

SAY = Script(f"""
-- change, said, due, events | id, user, word, about, leads to, decision, event, states ...
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  return 'gone'
end
local mark = 'w:' .. ARGV[3] .. ':' .. ARGV[4] .. ':' .. ARGV[2]
local fits = false
for index = 8, #ARGV do
  fits = fits or state == ARGV[index]
end
if redis.call('HGET', KEYS[1], mark) == ARGV[6] then
  return 'already'
end
if not fits then
  return redis.call('HEXISTS', KEYS[1], mark) == 1 and 'already' or 'late'
end
{_NOW}
redis.call('HSET', KEYS[1], mark, ARGV[6])
redis.call('RPUSH', KEYS[2], ARGV[6])
redis.call('RPUSH', KEYS[4], ARGV[7])
redis.call('ZADD', KEYS[3], now, ARGV[1])
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[1], 'state', ARGV[5])
end
return 'taken'
""")

DUE = Script(f"""
-- due
{_NOW}
return redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, 200)
""")
