-- Some of the waiting jobs end as cancelled: all, or a member's, a channel's, a lane's, a backend's.
-- Of those that came before a moment, so that it comes to an end while others ask.
-- ARGV kind, name, ending, news with the job's id left out (before it, after it), keep_ms, from (rank), most
-- (jobs looked at), until_ms,
-- server ('' for any)
-- Returns {rank to go on from or -1, ids that ended, …}
local from, most = tonumber(ARGV[7]), tonumber(ARGV[8])
local found = redis.call('ZRANGE', K.WAITING, from, from + most - 1)
local ended = {}
for _, id in ipairs(found) do
  local created = redis.call('HGET', K.RECORD .. id, 'created')
  if created and tonumber(created) <= tonumber(ARGV[9]) and belongs(id, ARGV[1], ARGV[2], ARGV[10]) then
    close(id, ARGV[3], ARGV[4] .. id .. ARGV[5], ARGV[6], '0')
    ended[#ended + 1] = id
  end
end
return {#found < most and -1 or from + most - #ended, ended}
