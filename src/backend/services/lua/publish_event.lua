local known, last_id, recent, channel = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id = redis.call('GET', known)
if id then return tonumber(id) end
id = redis.call('INCR', last_id)
local ids = '"id":' .. id .. ',"event_id":' .. id .. ','
local message = '{"type":"event","data":{' .. ids .. string.sub(ARGV[1], 2) .. '}'
redis.call('SET', known, id, 'EX', ARGV[2])
redis.call('LPUSH', recent, message)
redis.call('LTRIM', recent, 0, ARGV[3] - 1)
redis.call('PUBLISH', channel, message)
return id
