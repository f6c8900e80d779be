-- Somebody asks a critic something. Sent again, because the answer was lost, it asks nothing more.
-- ARGV id, question, critic, patience_ms, most waiting, member ('' for one of us), most a minute
-- Returns "asked", "full" or "member"
if redis.call('EXISTS', K.QUESTION .. ARGV[1], K.ANSWER .. ARGV[1]) > 0 then return 'asked' end
if redis.call('ZCARD', K.QUESTIONS) >= tonumber(ARGV[5]) then
  -- those that nobody waits for any more do not count
  for _, id in ipairs(redis.call('ZRANGE', K.QUESTIONS, 0, -1)) do
    if redis.call('EXISTS', K.QUESTION .. id) == 0 then redis.call('ZREM', K.QUESTIONS, id) end
  end
  if redis.call('ZCARD', K.QUESTIONS) >= tonumber(ARGV[5]) then return 'full' end
end
if ARGV[6] ~= '' then
  local looks = K.LOOKS .. ARGV[6]
  if tonumber(redis.call('GET', looks) or '0') >= tonumber(ARGV[7]) then return 'member' end
  if redis.call('INCR', looks) == 1 then redis.call('PEXPIRE', looks, 60000) end
end
redis.call('HSET', K.QUESTION .. ARGV[1], 'question', ARGV[2], 'critic', ARGV[3], 'tries', 0)
redis.call('PEXPIRE', K.QUESTION .. ARGV[1], ARGV[4])
redis.call('ZADD', K.QUESTIONS, clock(''), ARGV[1])
redis.call('PEXPIRE', K.QUESTIONS, 3600000)
return 'asked'
