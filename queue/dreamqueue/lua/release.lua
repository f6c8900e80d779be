-- A moderator lets a job that was held aside go on, at the place that its fair score gives.
-- ARGV id
-- Returns "released", "free" (nobody held it), "painting", "over" or "unknown"
local state = redis.call('HGET', K.RECORD .. ARGV[1], 'state')
if not state then return 'unknown' end
if state == 'ended' then return 'over' end
if release(ARGV[1]) == 1 then return 'released' end
return state == 'painting' and 'painting' or 'free'
