#!lua flags=no-writes,allow-oom
-- include reliable_queue.lua
-- include all_consumers.lua
local overflow = KEYS[5]
local marker, look, most_bytes = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

for key, kind in pairs({
    [queue] = 'list', [dlq] = 'list', [overflow] = 'list', [consumers] = 'zset', [retry] = 'zset',
}) do
    local its_kind = redis.call('TYPE', key).ok
    if its_kind ~= kind and its_kind ~= 'none' then
        return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. its_kind .. ', not a ' .. kind)
    end
end

local names = redis.call('ZRANGE', consumers, 0, 999)
local asking = ask_for_keys_of(names)
if asking then return asking end

-- Of an item, its timestamp alone is told: the answer stays small, however large the items are.
local function timestamp(item)
    if #item > most_bytes then return '' end
    local is_json, job = pcall(cjson.decode, item)
    local stamp = is_json and type(job) == 'table' and job.timestamp
    if type(stamp) == 'number' then return string.format('%.6f', stamp) end
    return type(stamp) == 'string' and string.sub(stamp, 1, 40) or ''
end

-- The first few that `get(0)`, `get(1)`, … return. A large one ends it: each is copied to be read.
local function first_timestamps(get)
    local stamps = {}
    for place = 0, look - 1 do
        local item = get(place)
        if not item then break end
        table.insert(stamps, timestamp(item))
        if #item > most_bytes then break end
    end
    return stamps
end

local waiting = first_timestamps(function(place) return redis.call('LINDEX', queue, place) end)
local retrying = first_timestamps(function(place)
    local member = redis.call('ZRANGE', retry, place, place)[1]
    return member and (split(member))
end)

local all = {}
for _, name in ipairs(names) do
    local its_list, its_lease = processing_of(name), lease_of(name)
    local item, written = unpack(redis.call('LRANGE', its_list, 0, 1))
    local _, attempt = read(written)
    local length = math.ceil(redis.call('LLEN', its_list) / 2)
    local left = redis.call('PTTL', its_lease)
    local kept = left ~= -2 and redis.call('GET', its_lease) or ''
    local acknowledged = string.match(kept, '^%d+ %x+ (%d+)$')
    local stamp = item and timestamp(item) or ''
    table.insert(all, {name, length, stamp, tonumber(attempt or 1), left, tonumber(acknowledged or 0)})
end

local last = redis.call('LINDEX', queue, -1) or ''
if #last > most_bytes then last = '' end
local behind = -1  -- how many items are behind the one that was last before
local place = marker ~= '' and redis.call('LPOS', queue, marker, 'RANK', -1, 'MAXLEN', 1000)
if place then behind = redis.call('LLEN', queue) - 1 - place end

local clock = redis.call('TIME')
return {
    clock[1] .. '.' .. string.format('%06d', clock[2]),
    redis.call('LLEN', queue), waiting,
    redis.call('ZCARD', retry), retrying,
    redis.call('LLEN', dlq), redis.call('LLEN', overflow),
    all, last, behind,
}
