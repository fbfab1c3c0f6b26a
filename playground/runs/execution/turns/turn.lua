-- One provider's places and pace, and whose turn it is, for all workers. Atomic.
--
-- KEYS places   lease's end by token: who has a place
--      queue    tokens in order of run and number, all of score 0: who waits
--      ring     number of its turn by run: round it goes
--      alive    lease's end by worker: only who is alive gets a place
--      pace     buckets, the counter of turns, when this was made
--      pauses   by provider, until when it asked for patience
-- ARGV what one worker has to say, as JSON
-- A token is run/number/weight/worker. Times are ms by the clock of Redis.
-- Returns the asking worker's tokens that have a place now, and the ms after which
-- asking again is worth it. Other workers are told of their tokens by a message.

local places, queue, ring, alive, pace, pauses = unpack(KEYS)
local ask = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local lease = string.format('%.0f', now + ask.lease)

-- A bucket as engine/providers/limits.Bucket has it, in ms.
local function bucket(name, rate)
  local most = math.max(math.floor(rate / 10), 1)
  local per_ms = math.max(rate - most, 1) / 60000
  local kept = redis.call('HMGET', pace, name, name .. '_at')
  local level = most
  if kept[1] then
    level = math.min(most, kept[1] + (now - kept[2]) * per_ms)
  end
  return level, per_ms
end

local function keep(name, level)
  redis.call('HSET', pace, name, string.format('%.9f', level),
    name .. '_at', string.format('%.3f', now))
end

local function give_back(requests, tokens)
  if ask.requests > 0 and requests ~= 0 then
    keep('requests', bucket('requests', ask.requests) + requests)
  end
  if ask.tokens > 0 and tokens ~= 0 then
    keep('tokens', bucket('tokens', ask.tokens) + tokens)
  end
end

local function first_of(run)
  -- '0' is what follows '/'
  return redis.call('ZRANGEBYLEX', queue, '[' .. run .. '/', '(' .. run .. '0',
    'LIMIT', 0, 1)[1]
end

local function behind_all(run)
  redis.call('ZADD', ring, redis.call('HINCRBY', pace, 'turn', 1), run)
end

local function join(token)
  local run = string.match(token, '^[^/]+')
  if redis.call('ZADD', queue, 0, token) == 1
      and not redis.call('ZSCORE', ring, run) then
    behind_all(run)
  end
end

local function leave(token)
  local run = string.match(token, '^[^/]+')
  if redis.call('ZREM', queue, token) == 1 and not first_of(run) then
    redis.call('ZREM', ring, run)
  end
end

local settles = 0
if redis.call('HSETNX', pace, 'born', now) == 1 and ask.known then
  -- Redis has lost its memory: first all workers say what they hold.
  redis.call('HSET', pace, 'settles', string.format('%.0f', now + ask.settle))
end
settles = tonumber(redis.call('HGET', pace, 'settles') or 0)

redis.call('ZADD', alive, lease, ask.worker)
for _, gone in ipairs(ask.gone) do
  local token, unused, refund = gone[1], gone[2], gone[3]
  leave(token)
  local had = redis.call('ZREM', places, token) == 1
  if not unused then
    give_back(0, refund)
  elseif had then
    give_back(1, refund)
  end
end
give_back(-ask.spent[1], -ask.spent[2])
for _, token in ipairs(ask.held) do
  leave(token)
  redis.call('ZADD', places, lease, token)
end

local granted = {}
for _, token in ipairs(ask.wants) do
  if redis.call('ZSCORE', places, token) then
    redis.call('ZADD', places, lease, token)
    granted[#granted + 1] = token
  else
    join(token)
  end
end
if ask.full then
  for _, key in ipairs({places, queue, ring, alive, pace}) do
    redis.call('PEXPIRE', key, ask.keep)
  end
end

redis.call('ZREMRANGEBYSCORE', places, '-inf', now)
redis.call('ZREMRANGEBYSCORE', alive, '-inf', now)
local paused = tonumber(redis.call('HGET', pauses, ask.slug) or 0)
local wait = math.max(0, settles - now, paused - now)
local free = math.huge
if ask.parallel > 0 then
  free = ask.parallel - redis.call('ZCARD', places)
end

local told = {}
while wait == 0 and free > 0 do
  local run = redis.call('ZRANGE', ring, 0, 0)[1]
  if not run then
    break
  end
  local token = first_of(run)
  local weight, worker = string.match(token or '', '^[^/]+/[^/]+/(%d+)/(.*)$')
  if not token then
    redis.call('ZREM', ring, run)
  elseif not redis.call('ZSCORE', alive, worker) then
    leave(token)
  else
    local requests, tokens, per_ms = 1, 1, 0
    if ask.requests > 0 then
      requests, per_ms = bucket('requests', ask.requests)
      if requests < 1 - 1e-6 then
        wait = math.max(wait, (1 - requests) / per_ms)
      end
    end
    if ask.tokens > 0 then
      tokens, per_ms = bucket('tokens', ask.tokens)
      if tokens < 1 - 1e-6 then
        wait = math.max(wait, (1 - tokens) / per_ms)
      end
    end
    if wait == 0 then
      if ask.requests > 0 then
        keep('requests', requests - 1)
      end
      if ask.tokens > 0 then
        keep('tokens', tokens - weight)
      end
      redis.call('ZREM', queue, token)
      redis.call('ZADD', places, lease, token)
      if first_of(run) then
        behind_all(run)
      else
        redis.call('ZREM', ring, run)
      end
      free = free - 1
      if worker == ask.worker then
        granted[#granted + 1] = token
      else
        told[worker] = (told[worker] or ask.slug) .. ' ' .. token
      end
    end
  end
end
for worker, words in pairs(told) do
  redis.call('PUBLISH', ask.channel .. worker, words)
end
return {granted, math.ceil(wait)}
