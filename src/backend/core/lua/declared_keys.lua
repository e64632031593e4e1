-- For scripts that learn only in Redis which keys they need. See declared_keys.py.
local declared, needed, is_missing = {}, {'declare'}, false
for _, key in ipairs(KEYS) do declared[key] = true end

-- Notes that a key is needed, and returns it.
local function need(key)
    table.insert(needed, key)
    is_missing = is_missing or not declared[key]
    return key
end

-- Returns what to answer if a key was not declared; else nothing. Nothing may have changed before.
local function ask_for_keys()
    return is_missing and needed or nil
end
