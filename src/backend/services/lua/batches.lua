-- What every script of the batch aggregator begins with.
-- `batches` and `detections` are no keys: they are what the names of keys begin with.
-- include declared_keys.lua
local queue, deadlines, deadlines_aside = KEYS[1], KEYS[2], KEYS[3]
local batches, detections = ARGV[1], ARGV[2]
local now, window, idle = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
if now == '' then  -- the server's time, so that all aggregators have the same
    local clock = redis.call('TIME')
    now = string.format('%d.%06d', clock[1], clock[2])
end

-- What belongs to a batch: the names of its keys end so.
local KINDS = {':camera_id', ':detections', ':started_at', ':last_activity'}

-- What somebody else has put under this name is put aside: batches go on.
local kind = redis.call('TYPE', deadlines).ok
if kind ~= 'zset' and kind ~= 'none' then
    redis.call('RENAME', deadlines, deadlines_aside)
end

-- Lua writes numbers with 14 digits unless told otherwise: too few for a time of day.
local function plus(time, seconds)
    return string.format('%.17g', tonumber(time) + seconds)
end

local function job(batch, camera, ids)
    return '{"batch_id":"' .. batch .. '","camera_id":"' .. camera .. '","detection_ids":['
        .. table.concat(ids, ',') .. '],"timestamp":' .. now .. '}'
end

local function closed(batch, camera, reason, started, ids)
    local answer = {batch, camera, reason, started}
    for _, id in ipairs(ids) do table.insert(answer, string.sub(id, 2, -2)) end
    return answer
end

-- The id of the camera's open batch. What somebody else has put under its key is none.
local function open_batch(camera)
    local current = redis.pcall('GET', batches .. camera .. ':current')
    local batch = type(current) == 'string' and string.match(current, '^"(%w+)"$')
    if not batch then return nil end
    local kind = redis.call('TYPE', batches .. batch .. ':detections').ok
    return (kind == 'list' or kind == 'none') and batch or nil
end

-- Notes the keys that closing the open batches of these cameras needs; returns what to answer if one
-- was not declared, else nothing.
local function ask_for_keys_of(cameras)
    for _, camera in ipairs(cameras) do need(batches .. camera .. ':current') end
    local asking = ask_for_keys()
    if asking then return asking end
    for _, camera in ipairs(cameras) do
        local current = redis.pcall('GET', batches .. camera .. ':current')
        local batch = type(current) == 'string' and string.match(current, '^"(%w+)"$')
        for _, kind in ipairs(batch and KINDS or {}) do need(batches .. batch .. kind) end
    end
    return ask_for_keys()
end

-- The ids in an open batch, in quotes. What is no id would spoil the job for the others.
local function ids_of(of_batch)
    local ids = {}
    for _, id in ipairs(redis.call('LRANGE', of_batch .. ':detections', 0, -1)) do
        if string.match(id, '^"[^"\\%c\128-\255]+"$') then table.insert(ids, id) end
    end
    return ids
end

local function started_at(batch)
    local started = redis.pcall('GET', batches .. batch .. ':started_at')
    return type(started) == 'string' and tonumber(started) and started or now
end

-- Close the camera's batch. It is in the queue before it is nowhere else.
local function close(camera)
    local batch = open_batch(camera)
    local of_batch = batches .. (batch or '')
    local ids = batch and ids_of(of_batch) or {}
    local started = batch and started_at(batch) or now
    if #ids > 0 then redis.call('RPUSH', queue, job(batch, camera, ids)) end
    if batch then
        redis.call('DEL', batches .. camera .. ':current', of_batch .. ':camera_id',
                   of_batch .. ':detections', of_batch .. ':started_at',
                   of_batch .. ':last_activity')
    end
    redis.call('ZREM', deadlines, camera)
    local reason = tonumber(now) >= tonumber(plus(started, window)) and 'window' or 'idle'
    return closed(batch or '', camera, reason, started, ids)
end
