-- A worker is still at a question.
-- ARGV id, held_ms
-- Returns 1, or 0 if nobody waits for its answer any more
if redis.call('EXISTS', K.QUESTION .. ARGV[1]) == 0 then return 0 end
redis.call('ZADD', K.QUESTIONS, 'XX', clock('') + ARGV[2], ARGV[1])
return 1
