#!lua flags=no-writes,allow-oom
-- include reliable_queue.lua

local in_hand, retrying = {}, {}
for _, name in ipairs(redis.call('ZRANGE', consumers, 0, -1)) do
    table.insert(in_hand, redis.call('LINDEX', queue .. ':processing:' .. name, 0) or nil)
end
for _, member in ipairs(redis.call('ZRANGE', retry, 0, -1)) do
    table.insert(retrying, (split(member)))
end
return {redis.call('LRANGE', queue, 0, -1), in_hand, retrying, redis.call('LRANGE', dlq, 0, -1)}
