-- Which job a worker takes next: the one of the lowest fair score in all lanes that it can serve, and not over
-- its scopes' running limits. One whose worker died has kept its score, so it goes before those that came later.
-- A lane that lagged behind the others has no credit for that: its jobs are shifted to where those are.
-- Among jobs of equal right one whose models the worker has loaded goes first: of the same band, and not later
-- by more than a window of virtual time; nobody is passed over more than a few times.
-- What moderators have halted is left where it is, whoever begins it else: all, a lane, a backend, a worker.
-- A job that may have ended its worker gets a worker to itself, so that it takes no neighbour with it: whoever
-- paints something else leaves it to others, and after a while takes nothing more until its hands are empty.
-- ARGV worker, lanes (JSON: [{name, loaded}]), claim_ms, window_ms, most_passed, busy (jobs in hand), patience_ms
-- Returns {lane, id, "" or "alone"}, or {} if there is none
local LOOK, DEEP = 32, 512
local now, busy = clock(''), tonumber(ARGV[6])
local common = fair('now')
local drains = false
local stands = halts(now)
if stands and (stands['all'] or stands['worker:' .. ARGV[1]]) then return {} end
-- Whether it has to be alone, and whether it can be taken
local function suspect(id)
  local facts = redis.call('HMGET', K.RECORD .. id, 'state', 'tries', 'orphan')
  if facts[1] ~= 'painting' or tonumber(facts[2]) < 1 then return false, true end
  if busy == 0 then return true, true end
  if not facts[3] then redis.call('HSET', K.RECORD .. id, 'orphan', whole(now)) end
  if facts[3] and now - tonumber(facts[3]) > tonumber(ARGV[7]) then drains = true end
  return true, false
end
local function head(lane)
  local shift, from = fair('shift:' .. lane), 0
  while from <= DEEP do
    local found = redis.call('ZRANGE', K.LANE .. lane, from, from + LOOK - 1, 'WITHSCORES')
    local left = 0
    for at = 1, #found, 2 do
      local id, score = found[at], tonumber(found[at + 1])
      if score > now then return nil end
      if redis.call('EXISTS', K.RECORD .. id) == 0 then
        redis.call('ZREM', K.LANE .. lane, id)
        left = left + 1
      elseif redis.call('EXISTS', K.LEASE .. id, K.CLAIM .. id) == 0 then
        local scope = blocking(id)
        if scope then
          park(id, scope, lane, score)
          left = left + 1
        else
          local alone, free = suspect(id)
          if free then
            if not alone and virtual(score) + shift < common - tonumber(ARGV[4]) then
              shift = common - virtual(score)
              redis.call('HSET', K.FAIR, 'shift:' .. lane, whole(shift))
            end
            return {lane = lane, id = id, right = score + shift, alone = alone}
          end
        end
      end
    end
    if #found < 2 * LOOK then return nil end
    from = from + LOOK - left
  end
end
local first, ready
for _, lane in ipairs(cjson.decode(ARGV[2])) do
  local one = not halted(stands, ARGV[1], lane.name) and head(lane.name)
  if one then
    one.loaded = lane.loaded
    if not first or one.right < first.right then first = one end
    if one.loaded and (not ready or one.right < ready.right) then ready = one end
  end
end
if not first or drains then return {} end
local chosen = first
if ready and not first.loaded and not first.alone
  and math.floor(ready.right / BAND) == math.floor(first.right / BAND)
  and ready.right - first.right <= tonumber(ARGV[4])
  and tonumber(redis.call('HGET', K.RECORD .. first.id, 'passed') or '0') < tonumber(ARGV[5]) then
  redis.call('HINCRBY', K.RECORD .. first.id, 'passed', 1)
  chosen = ready
end
redis.call('SET', K.CLAIM .. chosen.id, ARGV[1], 'PX', ARGV[3])
return {chosen.lane, chosen.id, chosen.alone and 'alone' or ''}
