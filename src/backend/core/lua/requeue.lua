#!lua flags=allow-oom
-- An item is where it goes before its entry is removed: if the first step fails (a key of the
-- wrong type), nothing has changed for it.
local dlq, queue = KEYS[1], KEYS[2]
local count = 0
for place = 1, #ARGV, 2 do
    local entry, item = ARGV[place], ARGV[place + 1]
    if redis.call('LPOS', dlq, entry) then
        redis.call('RPUSH', queue, item)
        count = count + redis.call('LREM', dlq, 1, entry)
    end
end
return count
