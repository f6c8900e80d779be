-- A moderator decides about a picture that is held back; the first decision counts. Its message is brought up
-- to date by whoever follows jobs whose message does not show how they are.
-- ARGV id, decision
-- Returns the decision that counts, or nothing for a job that has not ended or is forgotten
local record = K.RECORD .. ARGV[1]
if redis.call('HGET', record, 'state') ~= 'ended' then return false end
if redis.call('HSETNX', record, 'review', ARGV[2]) == 1 then
  redis.call('SADD', K.UNSHOWN, ARGV[1])
end
return redis.call('HGET', record, 'review')
