// The stages of a tokenizer.json put together, and the names that the other files give to tokens.
// One file because the stages are built and run in one order.
#include "engine/tokenizer/tokenizer.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "engine/core/json.h"
#include "engine/core/platform.h"
#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/decoder.h"
#include "engine/tokenizer/fields.h"
#include "engine/tokenizer/normalizer.h"
#include "engine/tokenizer/post_processor.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/tokenizer_names.h"
#include "engine/tokenizer/unicode.h"

namespace engine {

namespace {

const Json& stage(const Json& root, std::string_view key)
{
    static const Json kNull;
    const Json* value = fields::find(root, key);
    return value == nullptr ? kNull : *value;
}

// The model object, after what is not BPE has been refused. Old files state no type.
const Json& bpe_of(const Json& root)
{
    const Json& model = fields::need(root, "model", "tokenizer");
    const std::string type = fields::get_string(model, "type", "", "model");
    if (type.empty() && fields::find(model, "merges") == nullptr) {
        const Json* vocab = fields::find(model, "vocab");
        fields::refuse("model", vocab != nullptr && vocab->is_array() ? "Unigram" : "WordPiece");
    }
    if (!type.empty() && type != "BPE") {
        fields::refuse("model", type);
    }
    return model;
}

struct Scratch
{
    BpeScratch bpe;
    PreTokenizerScratch pre_tokenizer;
    std::vector<Segment> raw;
    std::vector<Segment> normalized;
};

} // namespace

struct Tokenizer::Impl
{
    explicit Impl(const Json& root)
        : model(bpe_of(root))
        , normalizer(stage(root, "normalizer"))
        , pre_tokenizer(stage(root, "pre_tokenizer"))
        , added(stage(root, "added_tokens"))
        , post_processor(stage(root, "post_processor"),
                         [this](std::string_view token) { return id_of(token); })
        , decoder(stage(root, "decoder"))
    {
        index_added_tokens();
    }

    void index_added_tokens()
    {
        RegexScratch regex;
        std::vector<std::string> texts;
        vocab_size = model.vocab_size();
        for (const AddedToken& token : added.tokens()) {
            added_by_id[token.id] = &token;
            vocab_size = std::max<std::int64_t>(vocab_size, token.id + 1);
            texts.push_back(normalizer.apply(token.content, regex));
        }
        added.set_normalized_texts(texts);
        special.assign(static_cast<std::size_t>(vocab_size), false);
        for (const AddedToken& token : added.tokens()) {
            if (token.special) {
                special[static_cast<std::size_t>(token.id)] = true;
                special_texts.push_back(token.content);
            }
        }
        std::stable_sort(
            special_texts.begin(),
            special_texts.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
        control = special;
        can_forge = model.can_forge(control);
    }

    [[nodiscard]] std::optional<std::int32_t> id_of(std::string_view token) const
    {
        for (const AddedToken& candidate : added.tokens()) {
            if (candidate.content == token) {
                return candidate.id;
            }
        }
        return model.token_to_id(token);
    }

    void set_names(TokenizerNames stated)
    {
        names = std::move(stated);
        for (const std::string& token : names.control_tokens) {
            if (const auto id = id_of(token)) {
                control[static_cast<std::size_t>(*id)] = true;
            }
        }
        can_forge = model.can_forge(control);
    }

    [[nodiscard]] std::unique_ptr<Scratch> borrow() const
    {
        const std::lock_guard lock(mutex);
        if (idle.empty()) {
            return std::make_unique<Scratch>();
        }
        auto scratch = std::move(idle.back());
        idle.pop_back();
        return scratch;
    }

    void give_back(std::unique_ptr<Scratch> scratch) const
    {
        const std::lock_guard lock(mutex);
        idle.push_back(std::move(scratch));
    }

    void encode_text(TextPiece text,
                     const std::vector<bool>* guard,
                     Scratch& scratch,
                     std::vector<std::int32_t>& ids) const;
    void encode_gap(TextPiece gap,
                    SpecialTokens mode,
                    Scratch& scratch,
                    std::vector<std::int32_t>& ids) const;

    Bpe model;
    Normalizer normalizer;
    PreTokenizer pre_tokenizer;
    AddedTokens added;
    PostProcessor post_processor;
    Decoder decoder;
    std::unordered_map<std::int32_t, const AddedToken*> added_by_id;
    std::vector<bool> special; // by id: what skip_special_tokens leaves out
    std::vector<bool> control; // by id: what text must not become
    bool can_forge = false;    // BPE alone could make a control token of text
    std::vector<std::string> special_texts;
    std::int64_t vocab_size = 0;
    TokenizerNames names;

    mutable std::mutex mutex;
    mutable std::vector<std::unique_ptr<Scratch>> idle; // one per thread that encodes at a time
};

// Encodes text that holds no added token. Where nothing cuts the text it is cut at those spaces
// that no merge can join, which changes nothing but lets words be remembered.
void Tokenizer::Impl::encode_text(TextPiece text,
                                  const std::vector<bool>* guard,
                                  Scratch& scratch,
                                  std::vector<std::int32_t>& ids) const
{
    pre_tokenizer.apply(text, scratch.pre_tokenizer);
    for (const TextPiece& piece : scratch.pre_tokenizer.pieces) {
        if (!pre_tokenizer.keeps_whole() || !model.token_to_id("\xE2\x96\x81")) {
            model.encode(piece.text, pre_tokenizer.spelling(), guard, scratch.bpe, ids);
            continue;
        }
        std::size_t begin = 0;
        char32_t previous = 0;
        for (std::size_t i = 0; i < piece.text.size();) {
            const std::size_t start = i;
            const char32_t character = unicode::next_character(piece.text, i);
            if (start > 0 && (character == unicode::kSpaceMark || previous == unicode::kSpaceMark)
                && !model.joins_space(previous, character)) {
                model.encode(piece.text.substr(begin, start - begin),
                             pre_tokenizer.spelling(),
                             guard,
                             scratch.bpe,
                             ids);
                begin = start;
            }
            previous = character;
        }
        model.encode(piece.text.substr(begin), pre_tokenizer.spelling(), guard, scratch.bpe, ids);
    }
}

// Encodes what lies between the added tokens of the raw pass.
void Tokenizer::Impl::encode_gap(TextPiece gap,
                                 SpecialTokens mode,
                                 Scratch& scratch,
                                 std::vector<std::int32_t>& ids) const
{
    const bool as_text = mode == SpecialTokens::AsText;
    const std::vector<bool>* guard = as_text && can_forge ? &control : nullptr;
    std::string changed;
    if (!normalizer.empty()) {
        changed = normalizer.apply(gap.text, scratch.pre_tokenizer.regex);
        gap.text = changed;
    }
    if (!added.has(AddedTokens::Pass::Normalized)) {
        encode_text(gap, guard, scratch, ids);
        return;
    }
    scratch.normalized.clear();
    added.split(
        gap.text, AddedTokens::Pass::Normalized, as_text ? &control : nullptr, scratch.normalized);
    for (const Segment& segment : scratch.normalized) {
        if (segment.token != nullptr) {
            ids.push_back(segment.token->id);
        } else {
            const bool at_start = gap.at_start && segment.text.data() == gap.text.data();
            encode_text({segment.text, at_start}, guard, scratch, ids);
        }
    }
}

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}

Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::from_json(std::string_view json, std::string_view what)
{
    const Result<Json> root = parse_json(json, what);
    if (!root) {
        return root.error();
    }
    try {
        return Tokenizer(std::make_unique<Impl>(*root));
    } catch (const EngineError& error) {
        return Error{
            error.error().code, concat(what, ": ", error.error().message), error.error().hint};
    }
}

Result<Tokenizer> Tokenizer::load(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / "tokenizer.json";
    Result<MappedFile> file = MappedFile::open(path);
    if (!file) {
        Error error = file.error();
        if (error.code == ErrorCode::NotFound) {
            error.hint = "A model folder needs tokenizer.json; save the tokenizer in that form.";
        }
        return error;
    }
    std::string_view text = file->text();
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    Result<Tokenizer> tokenizer = from_json(text, path.string());
    if (!tokenizer) {
        return tokenizer;
    }
    Result<TokenizerNames> names = read_tokenizer_names(folder);
    if (!names) {
        return names.error();
    }
    tokenizer->m_impl->set_names(std::move(*names));
    return tokenizer;
}

std::vector<std::int32_t>
Tokenizer::encode(std::string_view text, bool add_special_tokens, SpecialTokens special) const
{
    const Impl& impl = *m_impl;
    std::string valid;
    if (!unicode::is_valid_utf8(text)) {
        valid = unicode::replace_invalid_utf8(text);
        text = valid;
    }
    std::unique_ptr<Scratch> scratch = impl.borrow();
    std::vector<std::int32_t> ids;
    if (add_special_tokens) {
        ids = impl.post_processor.before();
    }
    scratch->raw.clear();
    impl.added.split(text,
                     AddedTokens::Pass::Raw,
                     special == SpecialTokens::AsText ? &impl.control : nullptr,
                     scratch->raw);
    for (const Segment& segment : scratch->raw) {
        if (segment.token != nullptr) {
            ids.push_back(segment.token->id);
        } else {
            impl.encode_gap(
                {segment.text, segment.text.data() == text.data()}, special, *scratch, ids);
        }
    }
    if (add_special_tokens) {
        const auto& behind = impl.post_processor.behind();
        ids.insert(ids.end(), behind.begin(), behind.end());
    }
    impl.give_back(std::move(scratch));
    return ids;
}

std::string Tokenizer::decode(const std::vector<std::int32_t>& ids, bool skip_special_tokens) const
{
    std::vector<std::string> pieces;
    pieces.reserve(ids.size());
    for (const std::int32_t id : ids) {
        std::string piece = id_to_token(id);
        if (!piece.empty() && !(skip_special_tokens && is_special(id))) {
            pieces.push_back(std::move(piece));
        }
    }
    std::unique_ptr<Scratch> scratch = m_impl->borrow();
    std::string text = m_impl->decoder.apply(std::move(pieces), scratch->pre_tokenizer.regex);
    m_impl->give_back(std::move(scratch));
    return text;
}

std::string Tokenizer::id_to_token(std::int32_t id) const
{
    const auto added = m_impl->added_by_id.find(id);
    return added != m_impl->added_by_id.end() ? added->second->content
                                              : m_impl->model.id_to_token(id);
}

std::optional<std::int32_t> Tokenizer::token_to_id(std::string_view token) const
{
    return m_impl->id_of(token);
}

std::int64_t Tokenizer::vocab_size() const
{
    return m_impl->vocab_size;
}

std::optional<std::int32_t> Tokenizer::bos_token_id() const
{
    return m_impl->id_of(m_impl->names.bos_token);
}

std::optional<std::int32_t> Tokenizer::eos_token_id() const
{
    return m_impl->id_of(m_impl->names.eos_token);
}

std::string Tokenizer::bos_token() const
{
    return m_impl->names.bos_token;
}

std::string Tokenizer::eos_token() const
{
    return m_impl->names.eos_token;
}

bool Tokenizer::is_special(std::int32_t id) const
{
    return id >= 0 && id < m_impl->vocab_size && m_impl->special[static_cast<std::size_t>(id)];
}

const std::vector<std::string>& Tokenizer::special_token_texts() const
{
    return m_impl->special_texts;
}

const std::string& Tokenizer::chat_template() const
{
    return m_impl->names.chat_template;
}

} // namespace engine
