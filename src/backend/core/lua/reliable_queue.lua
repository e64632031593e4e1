-- What every script of a ReliableQueue begins with. `consumer` is the one that calls;
-- `processing` and `lease` are its own keys.
local queue, consumers, retry, dlq, processing, lease, swept = unpack(KEYS, 1, 7)
local consumer = ARGV[1]

local function milliseconds()
    local clock = redis.call('TIME')
    return clock[1] * 1000 + math.floor(clock[2] / 1000)
end

-- A reservation, as it is written: behind its item in a processing list, or, while the item
-- waits for its next try, before it in `retry`. `attempt` counts how often it was handed out.
local function write(token, attempt, first_failed_at)
    local form = '{"token":"%s","attempt":%d,"first_failed_at":"%s"}'
    return string.format(form, token, attempt, first_failed_at)
end

local PATTERN = '^{"token":"(%x+)","attempt":(%d+),"first_failed_at":"([%w:.+-]*)"}(.*)$'

-- Splits a member of `retry`: the item, then token, attempt and first_failed_at. A member that
-- somebody else has put there counts as an item that was never handed out.
local function split(member)
    local token, attempt, first_failed_at, item = string.match(member, PATTERN)
    if not token or #attempt > 9 then return member, '0', 0, '' end
    return item, token, tonumber(attempt), first_failed_at
end

-- Returns token, attempt and first_failed_at; nothing, if this is no reservation.
local function read(written)
    local rest, token, attempt, first_failed_at = split(written or '')
    if rest == '' and attempt > 0 then return token, attempt, first_failed_at end
end

-- The token of one item of a batch: the batch's, and behind it the place of the item, from 1 on.
local function token_in_batch(batch, place)
    return string.format('%s%04x', batch, place)
end

-- Whether the item in hand is the one that was reserved with this token.
local function is_in_hand(token)
    return read(redis.call('LINDEX', processing, 1)) == token
end

-- The items in a processing list, each with its reservation, if it has one. There can be more than
-- one: a wait that its consumer gave up may bring another, if the server learns of that too late.
local function held(list)
    local all, items = redis.pcall('LRANGE', list, 0, -1), {}  -- no list? Then it is not ours
    local place = 1
    while all[place] do
        local written = read(all[place + 1]) and all[place + 1]
        table.insert(items, {all[place], written})
        place = place + (written and 2 or 1)
    end
    return items
end

-- Moves what a processing list holds to where it is handed out next. Its attempt counts if
-- `counts`; then it waits in `retry`, due at once, where its attempts are written beside it.
local function put_back(list, reserved_at, counts)
    local items = held(list)
    for place = #items, 1, -1 do  -- in the end, the first is in front
        local item, written = unpack(items[place])
        local token, attempt, first_failed_at = read(written)
        attempt = token and attempt - (counts and 0 or 1) or 0
        if attempt > 0 then
            redis.call('ZADD', retry, reserved_at, write(token, attempt, first_failed_at) .. item)
        else
            redis.call('LPUSH', queue, item)
        end
    end
    if #items > 0 then redis.call('DEL', list) end
    return #items
end
