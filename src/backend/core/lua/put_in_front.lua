#!lua flags=allow-oom
-- It puts back what was taken a moment ago, so the memory that it needs was there.
for place = #ARGV, 1, -1 do redis.call('LPUSH', KEYS[1], ARGV[place]) end
return #ARGV
