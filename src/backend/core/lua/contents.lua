#!lua flags=no-writes,allow-oom
-- include reliable_queue.lua
-- include all_consumers.lua

local names = redis.call('ZRANGE', consumers, 0, -1)
local asking = ask_for_keys_of(names)
if asking then return asking end

local in_hand, retrying = {}, {}
for _, name in ipairs(names) do
    for _, each in ipairs(held(processing_of(name))) do
        table.insert(in_hand, each[1])
    end
end
for _, member in ipairs(redis.call('ZRANGE', retry, 0, -1)) do
    table.insert(retrying, (split(member)))
end
return {redis.call('LRANGE', queue, 0, -1), in_hand, retrying, redis.call('LRANGE', dlq, 0, -1)}
