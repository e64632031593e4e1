-- What every script of the batch aggregator begins with.
-- `batches` and `detections` are no keys: they are what the names of keys begin with.
local queue, deadlines = KEYS[1], KEYS[2]
local batches, detections = ARGV[1], ARGV[2]
local now, window, idle, ttl = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]

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

-- Close the camera's batch. It is in the queue before it is nowhere else.
local function close(camera)
    local current = batches .. camera .. ':current'
    local quoted = redis.call('GET', current)
    local batch = quoted and string.sub(quoted, 2, -2) or ''
    local of_batch = batches .. batch
    local ids = quoted and redis.call('LRANGE', of_batch .. ':detections', 0, -1) or {}
    local started = redis.call('GET', of_batch .. ':started_at') or now
    if #ids > 0 then redis.call('RPUSH', queue, job(batch, camera, ids)) end
    redis.call('DEL', current, of_batch .. ':camera_id', of_batch .. ':detections',
               of_batch .. ':started_at', of_batch .. ':last_activity')
    redis.call('ZREM', deadlines, camera)
    local reason = tonumber(now) >= tonumber(plus(started, window)) and 'window' or 'idle'
    return closed(batch, camera, reason, started, ids)
end
