-- A worker takes the oldest question that it can answer, for a while: if it dies, another takes it.
-- ARGV critics (JSON list), held_ms, most tries, answer to one that was taken so often, answer_ms
-- Returns id and question, or nothing
local can = {}
for _, name in ipairs(cjson.decode(ARGV[1])) do can[name] = true end
local now = clock('')
for _, id in ipairs(redis.call('ZRANGEBYSCORE', K.QUESTIONS, '-inf', now, 'LIMIT', 0, 200)) do
  local key = K.QUESTION .. id
  local facts = redis.call('HMGET', key, 'question', 'critic', 'tries')
  if not facts[1] then
    redis.call('ZREM', K.QUESTIONS, id)
  elseif can[facts[2]] and tonumber(facts[3]) >= tonumber(ARGV[3]) then
    redis.call('XADD', K.ANSWER .. id, '*', 'answer', ARGV[4])
    redis.call('PEXPIRE', K.ANSWER .. id, ARGV[5])
    redis.call('ZREM', K.QUESTIONS, id)
    redis.call('DEL', key)
  elseif can[facts[2]] then
    redis.call('HINCRBY', key, 'tries', 1)
    redis.call('ZADD', K.QUESTIONS, now + ARGV[2], id)
    return {id, facts[1]}
  end
end
return {}
