-- How high a table will stand in print, by its text alone. To have Typst lay each table out once more, only to see how
-- high it is, takes more than half as much memory again.
-- The measures are those of typst-template.typ: the width of the text, 158 mm, the sizes of letters in tables and in
-- their notes, the insets of cells. Heights and widths are in points.

local M = {}

local WIDTH = 447.8
local MANY_COLUMNS = 7
local SIZE, SMALL, NOTES = 9, 8, 8
local INSET_X, INSET_Y = 0.45, 0.42 -- each side, in letter sizes
local CAPITAL, PITCH = 0.66, 1.34 -- of a line, and from one line to the next

-- A character in letter sizes, about.
local function character_width(code)
  if code >= 0x2E80 then return 1 end
  if code == 32 then return 0.2 end
  if code >= 65 and code <= 90 then return 0.57 end
  if code >= 97 and code <= 122 or code >= 48 and code <= 57 then return 0.48 end
  return 0.4
end

-- The widths of the words of a cell, line by line as it is written; a name may break after an underscore.
local function read(contents)
  local text = pandoc.utils.stringify(pandoc.Blocks(contents):walk({
    LineBreak = function() return pandoc.Str("\n") end,
    Plain = function(block) return pandoc.Plain(block.content .. { pandoc.Str("\n") }) end,
    Para = function(block) return pandoc.Para(block.content .. { pandoc.Str("\n") }) end,
  }))
  local lines = {}
  for line in text:gmatch("[^\n]+") do
    local words = {}
    for word in line:gsub("_", "_ "):gmatch("%S+") do
      local width = word:match("_$") and 0 or character_width(32)
      for _, code in utf8.codes(word) do width = width + character_width(code) end
      table.insert(words, width)
    end
    table.insert(lines, words)
  end
  return lines
end

local function sum(numbers)
  local total = 0
  for _, number in ipairs(numbers) do total = total + number end
  return total
end

local function count_lines(lines, room)
  local count = 0
  room = room + 0.001 -- a column is as wide as its widest line, give or take what sums are off
  for _, words in ipairs(lines) do
    local at = 0
    count = count + 1
    for _, width in ipairs(words) do
      if at > 0 and at + width > room then
        count, at = count + 1, 0
      end
      local over = math.floor(width / room)
      count, at = count + over, at + width - over * room
    end
  end
  return math.max(count, 1)
end

-- The cells of some rows with their places; what a cell above spans is skipped.
local function place(rows, size, columns)
  local placed, covered = {}, {}
  for _, row in ipairs(rows) do
    local column, cells = 1, {}
    for _, cell in ipairs(row.cells) do
      while (covered[column] or 0) > 0 do
        covered[column], column = covered[column] - 1, column + 1
      end
      table.insert(cells, { first = column, span = cell.col_span, rows = cell.row_span, lines = read(cell.contents) })
      for i = column, column + cell.col_span - 1 do covered[i] = cell.row_span - 1 end
      column = column + cell.col_span
    end
    for i = column, columns do covered[i] = math.max((covered[i] or 0) - 1, 0) end
    table.insert(placed, { cells = cells, size = size })
  end
  return placed
end

-- What Typst gives to columns of no stated width: those that ask for less than an equal share get it, the others share
-- the rest. What a cell over several columns asks beyond theirs, the last of them asks.
local function automatic_widths(rows, columns)
  local asked, open, free = {}, {}, WIDTH
  for i = 1, columns do asked[i], open[i] = 0, i end
  for _, spans in ipairs({ false, true }) do
    for _, row in ipairs(rows) do
      for _, cell in ipairs(row.cells) do
        if (cell.span > 1) == spans then
          local last = cell.first + cell.span - 1
          local others = sum({ table.unpack(asked, cell.first, last - 1) })
          for _, words in ipairs(cell.lines) do
            asked[last] = math.max(asked[last], (sum(words) + 2 * INSET_X) * row.size - others)
          end
        end
      end
    end
  end
  while true do
    local share, wide = free / math.max(#open, 1), {}
    for _, i in ipairs(open) do
      if asked[i] <= share then free = free - asked[i] else table.insert(wide, i) end
    end
    if #wide == 0 then return asked end
    if #wide == #open then
      for _, i in ipairs(wide) do asked[i] = share end
      return asked
    end
    open = wide
  end
end

function M.estimate(tbl)
  local columns = #tbl.colspecs
  local size = columns < MANY_COLUMNS and SIZE or SMALL
  local rows = place(tbl.head.rows, size, columns)
  for _, body in ipairs(tbl.bodies) do
    for _, part in ipairs({ body.head, body.body }) do
      for _, row in ipairs(place(part, size, columns)) do table.insert(rows, row) end
    end
  end
  for _, row in ipairs(place(tbl.foot.rows, NOTES, columns)) do table.insert(rows, row) end
  local widths = {}
  for i, spec in ipairs(tbl.colspecs) do widths[i] = (spec[2] or 0) * WIDTH end
  if sum(widths) == 0 then widths = automatic_widths(rows, columns) end
  local height = 0
  for _, row in ipairs(rows) do
    local most = 1
    for _, cell in ipairs(row.cells) do
      local room = sum({ table.unpack(widths, cell.first, cell.first + cell.span - 1) }) / row.size - 2 * INSET_X
      most = math.max(most, count_lines(cell.lines, math.max(room, 1)) / cell.rows)
    end
    height = height + (CAPITAL + PITCH * (most - 1) + 2 * INSET_Y) * row.size
  end
  return height
end

return M
