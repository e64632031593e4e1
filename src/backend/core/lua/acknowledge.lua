#!lua flags=allow-oom
-- include reliable_queue.lua

local token, lease_ms = ARGV[2], ARGV[3]
if is_in_hand(token) then
    -- The lease remembers what was acknowledged last: asked again, the answer is the same.
    redis.call('SET', lease, lease_ms .. ' ' .. token, 'XX', 'KEEPTTL')
    redis.call('LPOP', processing, 2)  -- the item, and its reservation
    return 1
end
local last = redis.pcall('GET', lease)
if type(last) == 'string' and string.match(last, ' (%x+)$') == token then return 1 end

-- The lease had run out. If nobody has the item in hand by now, it is handled all the same.
for _, member in ipairs(redis.call('ZRANGE', retry, '-inf', milliseconds(), 'BYSCORE')) do
    local _, its_token = split(member)
    if its_token == token then return redis.call('ZREM', retry, member) end
end
return 0
