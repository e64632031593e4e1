#!lua
-- When the server's memory is full, this is not begun: it lacks the flag allow-oom.
local queue, dlq, dedupe = unpack(KEYS)  -- a push without a dedupe key has two keys
local item, max_size, policy, head = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local this_call, expire = ARGV[5], ARGV[6]

-- A script that fails half-way is not undone. So look before the first change.
for _, key in ipairs(policy == 'dlq' and {queue, dlq} or {queue}) do
    local kind = redis.call('TYPE', key).ok
    if kind ~= 'list' and kind ~= 'none' then
        return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. kind .. ', not a queue')
    end
end

-- The dedupe key remembers which call added the item, and how many had to make room for it.
local known = dedupe and redis.pcall('GET', dedupe)
if type(known) == 'string' then  -- what is of another type is not ours, and gives way
    local by, made_room = string.match(known, '^(%x+) (%d+)$')
    local length = redis.call('LLEN', queue)
    if by == this_call then return {'added', length, tonumber(made_room)} end  -- asked again
    return {'duplicate', length, 0}
end

-- The entry holds the oldest item to the letter. What is no JSON becomes a JSON text with one
-- character for each byte.
local function dead_letter(oldest)
    if pcall(cjson.decode, oldest) then return head .. ',"data":' .. oldest .. '}' end
    local escaped = {}
    for byte = 128, 255 do escaped[string.char(byte)] = string.format('\\u%04x', byte) end
    local text = string.gsub(cjson.encode(oldest), '[\128-\255]', escaped)
    return head .. ',"not_json":true,"data":' .. text .. '}'
end

local length = redis.call('LLEN', queue)
local too_many = math.max(length + 1 - max_size, 0)
if too_many > 0 and policy == 'reject' then return {'full', length, 0} end
for _ = 1, too_many do
    if policy == 'dlq' then
        redis.call('RPUSH', dlq, dead_letter(redis.call('LINDEX', queue, 0)))
    end
    redis.call('LPOP', queue)
end
length = redis.call('RPUSH', queue, item)
if dedupe then redis.call('SET', dedupe, this_call .. ' ' .. too_many, 'EX', expire) end
return {'added', length, too_many}
