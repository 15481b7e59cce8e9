-- The index of how tables and figures were made, at the end of the PDF, in both engines; and, as a filter of Quarto,
-- the folds below tables and figures. The texts come from publishing/press/folds.py.

local M = {}

M.TITLE = "How tables and figures were made"

local function codes(texts)
  local out = pandoc.Inlines({})
  for i, text in ipairs(texts) do
    if i > 1 then out:extend({ pandoc.Str(","), pandoc.Space() }) end
    out:insert(pandoc.Code(text))
  end
  return out
end

local function words(text) return pandoc.Inlines(text) end

-- One entry: the name of the table or figure as the engine gives it, and what is behind it.
local function entry(made, name)
  local out = pandoc.Inlines({ pandoc.Strong(name), pandoc.Str("."), pandoc.Space() })
  out:extend(words("Made by " .. made.by .. ". "))
  if #made.findings > 0 then
    out:extend(words("Findings: "))
    out:extend(codes(made.findings))
    if made.more > 0 then out:extend(words(" and " .. string.format("%d more", made.more))) end
    out:extend(words(". "))
  end
  if #made.data > 0 then
    out:extend(words("Data: "))
    out:extend(codes(made.data))
    out:extend(words(". "))
  end
  out:extend(words("Last revision of its inputs: " .. made.revision .. "."))
  return pandoc.Para(out)
end

-- The blocks of the index; `name_of` gives the inlines that name what has a label.
function M.index(entries, name_of)
  local blocks = pandoc.Blocks({})
  if entries == nil or #entries == 0 then return blocks end
  blocks:insert(pandoc.Header(1, words(M.TITLE), pandoc.Attr("how-made", { "unnumbered" })))
  blocks:insert(pandoc.Para(words("For each computed table and figure: the function that made it, the findings that it shows, the data behind them with the first characters of their SHA-256, and the last revision that touched any of these. The pages of the book list every finding with its value.")))
  blocks:insert(pandoc.RawBlock("typst", "#[\n#set text(size: 8pt)\n#set par(justify: false, spacing: 0.9em)\n#show raw: set text(size: 7pt)"))
  for _, made in ipairs(entries) do blocks:insert(entry(made, name_of(made.id))) end
  blocks:insert(pandoc.RawBlock("typst", "]"))
  return blocks
end

if REPORT_EMBEDDED or quarto == nil then return M end

-- As a filter of Quarto, before it takes labelled cells apart (`at: pre-ast`) -----------------------------

local function asked(...) return pandoc.json.decode(pandoc.pipe("report", { "provenance", ... }, ""), false) end

local function add_folds(doc)
  local made = asked("--chapter", quarto.doc.input_file)
  doc.blocks = doc.blocks:walk({
    Div = function(div)
      local fold = made.folds[div.identifier]
      if fold and div.classes:includes("cell") then return { div, pandoc.RawBlock("html", fold) } end
    end,
  })
  if made.numbers then doc.blocks:insert(pandoc.RawBlock("html", made.numbers)) end
  return doc
end

local function add_index(doc)
  doc.blocks:extend(M.index(asked("--index").index, function(id)
    return { pandoc.Cite({ pandoc.Str("@" .. id) }, { pandoc.Citation(id, "AuthorInText") }) }
  end))
  return doc
end

return {
  {
    Pandoc = function(doc)
      if quarto.doc.is_format("html") then return add_folds(doc) end
      if quarto.doc.is_format("typst") then return add_index(doc) end
    end,
  },
}
