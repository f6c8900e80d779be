-- A picture that is there already becomes a job of its own, which has ended.
-- ARGV id, job, owner, ending, reply ('' for none), keep_ms, now
-- Nothing was painted for it, so it is no use of a trick.
-- Sent again, because the answer was lost, it changes nothing.
local record, now = K.RECORD .. ARGV[1], clock(ARGV[7])
if redis.call('EXISTS', record) == 1 then return 0 end
redis.call('HSET', record, 'job', ARGV[2], 'state', 'ended', 'tries', '0', 'created', whole(now), 'ending', ARGV[4],
  'tricks', 'counted')
if ARGV[5] ~= '' then
  redis.call('HSET', record, 'reply', ARGV[5])
  redis.call('SADD', K.UNSHOWN, ARGV[1])
end
redis.call('PEXPIRE', record, ARGV[6])
need(ARGV[1], blobs(ARGV[1]), ARGV[6])
owned(ARGV[3], ARGV[1], now)
came_of(ARGV[2], ARGV[1])
return 1
