#!lua flags=allow-oom
-- include reliable_queue.lua
-- include all_consumers.lua

-- One living consumer is enough to look: the others find `swept`, and leave it at that.
local lease_ms, interval = tonumber(ARGV[2]), tonumber(ARGV[3])
local left = redis.call('PTTL', swept)
if interval > 0 and (left > interval or left == -1) then
    redis.call('DEL', swept)  -- longer than we set it for: the server's clock was put back, or
    left = -2                 -- somebody else has put it there
end
if interval > 0 and left ~= -2 then return 0 end

local reserved = redis.call('ZRANGE', consumers, 0, -1, 'WITHSCORES')
local names = {}
for place = 1, #reserved, 2 do table.insert(names, reserved[place]) end
local asking = ask_for_keys_of(names)
if asking then return asking end
if interval > 0 then redis.call('SET', swept, '', 'PX', interval) end

local count = 0
for place = #reserved - 1, 1, -2 do  -- in the end, what was reserved first is in front
    local other, reserved_at = reserved[place], reserved[place + 1]
    local its_lease, its_list = lease_of(other), processing_of(other)
    local kind = redis.call('TYPE', its_list).ok
    left = redis.call('PTTL', its_lease)
    if kind ~= 'list' and kind ~= 'none' then
        -- Somebody else has put something there. The others are looked for all the same.
    elseif left == -2 then
        count = count + put_back(its_list, reserved_at, true)
        redis.call('ZREM', consumers, other)
    elseif left > lease_ms then
        -- Longer than a lease of its own can be? Then the server's clock was put back.
        local written = redis.pcall('GET', its_lease)
        local its_own = type(written) == 'string' and tonumber(string.match(written, '^%d+'))
        if its_own and left > its_own then redis.call('PEXPIRE', its_lease, its_own) end
    end
end
return count
