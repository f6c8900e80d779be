-- A moderator decides about a picture that is held back; the first decision counts. Its message is brought up
-- to date by whoever follows jobs whose message does not show how they are.
-- ARGV id, decision
-- Returns 1 if it is this one, else 0, and the decision that counts; or nothing for a job that has not ended
local record = K.RECORD .. ARGV[1]
if redis.call('HGET', record, 'state') ~= 'ended' then return false end
local first = redis.call('HSETNX', record, 'review', ARGV[2])
if first == 1 then redis.call('SADD', K.UNSHOWN, ARGV[1]) end
return {first, redis.call('HGET', record, 'review')}
