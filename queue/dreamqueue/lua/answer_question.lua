-- A worker answers; the first answer counts, and none to whoever has given up waiting.
-- ARGV id, answer, answer_ms
-- Returns 1 if it counts, else 0
redis.call('ZREM', K.QUESTIONS, ARGV[1])
if redis.call('DEL', K.QUESTION .. ARGV[1]) == 0 then return 0 end
redis.call('XADD', K.ANSWER .. ARGV[1], '*', 'answer', ARGV[2])
redis.call('PEXPIRE', K.ANSWER .. ARGV[1], ARGV[3])
return 1
