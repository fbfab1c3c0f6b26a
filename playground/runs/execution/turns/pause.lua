-- A provider asks for patience: no worker calls it before the pause is over. Atomic.
--
-- KEYS pauses; ARGV provider, ms, channel. A longer pause stays.

local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local till = now + ARGV[2]
if tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0) < till then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', till))
  redis.call('PEXPIRE', KEYS[1], 86400000)
  redis.call('PUBLISH', ARGV[3], ARGV[1] .. ' ' .. ARGV[2])
end
return 1
