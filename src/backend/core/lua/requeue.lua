#!lua flags=allow-oom
-- The item is where it goes before the entry is removed: if the first step fails (a key of the
-- wrong type), nothing has changed.
local dlq, queue = KEYS[1], KEYS[2]
local entry, item = ARGV[1], ARGV[2]
if not redis.call('LPOS', dlq, entry) then return 0 end
redis.call('RPUSH', queue, item)
return redis.call('LREM', dlq, 1, entry)
