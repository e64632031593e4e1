#!lua flags=allow-oom
-- include reliable_queue.lua

local token, lease_ms = ARGV[2], ARGV[3]
-- The lease remembers what was acknowledged last, and how many it were in all.
local kept = redis.pcall('GET', lease)
kept = type(kept) == 'string' and kept or ''  -- absent, or of the wrong type
local last, count = string.match(kept, '^%d+ (%x+) (%d+)$')
-- The item and its reservation. To look first would be one more command for each item.
local in_hand = redis.call('LPOP', processing, 2) or {}
if read(in_hand[2]) == token then
    kept = string.format('%s %s %d', lease_ms, token, (count or 0) + 1)
    redis.call('SET', lease, kept, 'XX', 'KEEPTTL')
    return 1
end
for place = #in_hand, 1, -1 do redis.call('LPUSH', processing, in_hand[place]) end  -- not this one
if last == token then return 1 end  -- asked again, the answer is the same

-- The lease had run out. If nobody has the item in hand by now, it is handled all the same.
for _, member in ipairs(redis.call('ZRANGE', retry, '-inf', milliseconds(), 'BYSCORE')) do
    local _, its_token = split(member)
    if its_token == token then return redis.call('ZREM', retry, member) end
end
return 0
