#!lua flags=no-writes,allow-oom
-- include reliable_queue.lua
-- include all_consumers.lua

local names = redis.call('ZRANGE', consumers, 0, -1)
local asking = ask_for_keys_of(names)
if asking then return asking end

local in_hand = 0
for _, name in ipairs(names) do
    local length = redis.pcall('LLEN', processing_of(name))
    if type(length) == 'number' then  -- else it is a key of somebody else
        in_hand = in_hand + math.ceil(length / 2)  -- an item, and behind it its reservation
    end
end
local pending = redis.call('LLEN', queue) + redis.call('ZCARD', retry)
return {pending, in_hand, redis.call('LLEN', dlq)}
