-- Where things stand in print, in both engines: the contents come before the first chapter with a number, and a table
-- with many columns goes to a page on its side at the end of its chapter, where no page is left unfilled before it. A
-- section that opens with words and a figure keeps the two together where figures do not float.
-- What is called here is defined in typst-template.typ.

local M = {}

-- From so many columns on a table would not be legible upright.
M.WIDE = 10

local function is_wide(block)
  local wide = false
  if block.t ~= "Div" and block.t ~= "Table" then return false end
  pandoc.Blocks({ block }):walk({ Table = function(tbl) wide = wide or #tbl.colspecs >= M.WIDE end })
  return wide
end

-- The blocks of a book or of a chapter, with wide tables on pages of their own before the next chapter.
function M.turn_wide_tables(blocks)
  local out, wide = pandoc.Blocks({}), pandoc.Blocks({})
  local function close()
    if #wide == 0 then return end
    out:insert(pandoc.RawBlock("typst", "#landscape["))
    out:extend(wide)
    out:insert(pandoc.RawBlock("typst", "]"))
    wide = pandoc.Blocks({})
  end
  for _, block in ipairs(blocks) do
    if block.t == "Header" and block.level == 1 then close() end
    if is_wide(block) then
      -- Where Typst counts, the table keeps the number of the place that it left.
      local name = '("wide-' .. #out .. '")'
      if not REPORT_EMBEDDED then
        out:insert(pandoc.RawBlock("typst", "#leave-number" .. name))
        wide:insert(pandoc.RawBlock("typst", "#take-number" .. name))
      end
      wide:insert(block)
    else
      out:insert(block)
    end
  end
  close()
  return out
end

local function is_figure(block)
  if block == nil or block.t ~= "Div" then return false end
  local images, tables = 0, 0
  pandoc.Blocks({ block }):walk({
    Image = function() images = images + 1 end,
    RawInline = function(raw) if raw.text:match("^#image%(") then images = images + 1 end end,
    Table = function() tables = tables + 1 end,
  })
  return images > 0 and tables == 0
end

-- The blocks with each heading that a paragraph and a figure follow in one piece with them.
function M.keep_openings(blocks)
  local out, i = pandoc.Blocks({}), 1
  while i <= #blocks do
    local opens = blocks[i].t == "Header" and blocks[i].level > 1
    if opens and blocks[i + 1] and blocks[i + 1].t == "Para" and is_figure(blocks[i + 2]) then
      out:insert(pandoc.RawBlock("typst", "#opening["))
      out:extend({ blocks[i], blocks[i + 1], blocks[i + 2] })
      out:insert(pandoc.RawBlock("typst", "]"))
      i = i + 3
    else
      out:insert(blocks[i])
      i = i + 1
    end
  end
  return out
end

M.MAIN_MATTER = "#show: main-matter"

local function place_contents(blocks)
  for i, block in ipairs(blocks) do
    if block.t == "Header" and block.level == 1 and not block.classes:includes("unnumbered") then
      blocks:insert(i, pandoc.RawBlock("typst", M.MAIN_MATTER))
      return blocks
    end
  end
  blocks:insert(1, pandoc.RawBlock("typst", M.MAIN_MATTER))
  return blocks
end

if REPORT_EMBEDDED then return M end
if not FORMAT:match("typst") then return {} end
return {
  {
    Pandoc = function(doc)
      doc.blocks = place_contents(M.keep_openings(M.turn_wide_tables(doc.blocks)))
      return doc
    end,
  },
}
