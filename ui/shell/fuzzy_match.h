#pragma once

#include <QList>
#include <QString>

#include <optional>

namespace gantry::ui {

// How well a text answers what was typed. Lower levels are better; within one, earlier and shorter
// matches win. Ranges say which characters matched, for highlighting.
struct FuzzyMatch {
    enum Level { Exact, Prefix, WordPrefix, Inside, Scattered };
    struct Range {
        int start = 0;
        int length = 0;
        bool operator==(const Range&) const = default;
    };
    Level level = Exact;
    int position = 0;
    int length = 0;  // of the text
    QList<Range> ranges;

    bool operator<(const FuzzyMatch& other) const
    {
        if (level != other.level)
            return level < other.level;
        if (position != other.position)
            return position < other.position;
        return length < other.length;
    }
};

// A query, prepared once and matched against many texts. Its words must all match, in any order and
// without regard to case; each may be a piece of the text or, at worst, letters scattered in it in
// order. An empty query matches everything.
class FuzzyQuery final {
public:
    explicit FuzzyQuery(const QString& typed);

    bool isEmpty() const { return m_words.isEmpty(); }
    std::optional<FuzzyMatch> match(const QString& text) const;

private:
    QStringList m_words;
};

} // namespace gantry::ui
