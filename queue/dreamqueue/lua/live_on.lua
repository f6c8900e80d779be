-- A job that a moderator keeps back lives on, with its places in the queue.
-- ARGV id
-- Returns 1, or 0 if it is not there or has ended
local id, record = ARGV[1], K.RECORD .. ARGV[1]
local facts = redis.call('HMGET', record, 'state', 'lane', 'lives')
if not facts[1] or facts[1] == 'ended' then return 0 end
for _, key in ipairs({record, K.PAYLOAD .. id}) do redis.call('PEXPIRE', key, facts[3]) end
need(id, blobs(id), facts[3])
for _, scope in ipairs(scopes(id)) do
  for _, key in ipairs({K.HELD, K.RUNNING, K.PARKED}) do keep(key .. scope.name) end
end
for _, key in ipairs({K.OPEN, K.WAITING, K.PAINTING, K.UNSHOWN, K.LANES, K.FAIR, K.LANE .. facts[2]}) do keep(key) end
return 1
