-- A worker is awake; those that have been silent for long are forgotten.
-- ARGV name, card, silent_ms
local now = clock('')
redis.call('ZREMRANGEBYSCORE', K.WORKERS, '-inf', now - 10 * ARGV[3])
redis.call('ZADD', K.WORKERS, now, ARGV[1])
keep(K.WORKERS)
redis.call('SET', K.WORKER .. ARGV[1], ARGV[2], 'PX', ARGV[3])
return 1
