-- A page of the jobs that are painted or wait: all, or a member's, a channel's, a lane's, a backend's, a worker's.
-- ARGV kind, name, first, most (jobs told), deep (waiting jobs looked at at most),
-- server ('' for any)
-- Returns {how many belong, 1 if more wait than were looked at, then id, job, state, worker, step, held,
-- created_ms, turned, reply of each}
local rows, count = {}, 0
local first, most, deep = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local function look(ids)
  for _, id in ipairs(ids) do
    if belongs(id, ARGV[1], ARGV[2], ARGV[6]) then
      if count >= first and count < first + most then
        local facts = redis.call('HMGET', K.RECORD .. id,
          'job', 'state', 'worker', 'step', 'held', 'created', 'turned', 'reply')
        rows[#rows + 1] = id
        for at = 1, 8 do rows[#rows + 1] = facts[at] or '' end
      end
      count = count + 1
    end
  end
end
look(redis.call('ZRANGE', K.PAINTING, 0, deep - 1))
look(redis.call('ZRANGE', K.WAITING, 0, deep - 1))
local more = redis.call('ZCARD', K.WAITING) > deep and 1 or 0
return {count, more, rows}
