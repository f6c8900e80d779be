-- A worker notes something about the job it paints; one that has lost the job notes nothing.
-- KEYS record
-- ARGV tries, and fields with their values ("" removes a field)
-- Returns 1 if it was noted, else 0
if redis.call('HGET', KEYS[1], 'state') ~= 'painting' then return 0 end
if redis.call('HGET', KEYS[1], 'tries') ~= ARGV[1] then return 0 end
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[1], ARGV[i])
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return 1
