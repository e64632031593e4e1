local known, last_id, recent, channel, last_id_aside, recent_aside = unpack(KEYS, 1, 6)
local event, ttl, most = ARGV[1], ARGV[2], ARGV[3]
local id = redis.pcall('GET', known)
id = type(id) == 'string' and tonumber(id)
if id then return id end

-- What somebody else has put under these two names is put aside: events go on.
local kind = redis.call('TYPE', recent).ok
if kind ~= 'list' and kind ~= 'none' then redis.call('RENAME', recent, recent_aside) end
id = redis.pcall('INCR', last_id)
if type(id) ~= 'number' then
    local is_foreign = false
    for _, said in ipairs({'WRONGTYPE', 'not an integer', 'overflow'}) do
        is_foreign = is_foreign or string.find(id.err, said)
    end
    if not is_foreign then return id end  -- a full memory, for one, is no fault of what is there
    redis.call('RENAME', last_id, last_id_aside)
    id = tonumber(redis.call('TIME')[1])  -- larger than any number so far
    redis.call('SET', last_id, id)
end

local ids = string.format('"id":%d,"event_id":%d,', id, id)
local message = '{"type":"event","data":{' .. ids .. string.sub(event, 2) .. '}'
redis.call('SET', known, id, 'EX', ttl)
redis.call('LPUSH', recent, message)
redis.call('LTRIM', recent, 0, most - 1)
redis.call('PUBLISH', channel, message)
-- The detections have done their service. For a while they still tell what is in a batch already.
for place = 7, #KEYS do redis.call('EXPIRE', KEYS[place], ttl) end
return id
