-- Somebody cancels or stops a job. While it waits it ends at once, and arq forgets it; while a worker paints
-- it the worker is told, and the order stays in the record for the worker that may repaint it.
-- One that nobody paints any more, because its worker died and no other has it yet, can be cancelled at once.
-- ARGV id, order, ending, news, keep_ms, kind
-- Returns "ended", "ordered", "over" or "unknown"
local record = K.RECORD .. ARGV[1]
local state = redis.call('HGET', record, 'state')
if not state then return 'unknown' end
if state == 'ended' then return 'over' end
if state == 'painting' then
  redis.call('HSET', record, 'order', ARGV[2])
  order(ARGV[2])
  if ARGV[6] ~= 'cancel' or redis.call('EXISTS', K.LEASE .. ARGV[1]) == 1 then return 'ordered' end
end
close(ARGV[1], ARGV[3], ARGV[4], ARGV[5], '0')
return 'ended'
