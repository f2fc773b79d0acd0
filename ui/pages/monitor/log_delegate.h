#pragma once

#include <QFont>
#include <QStyledItemDelegate>

namespace gantry::ui {

// Paints one row of a LogModel: time, a strip in the level's colour, text in a fixed-width font.
// All rows are equally high and wide, so that a view may hold fifty thousand.
class LogDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit LogDelegate(QObject* parent);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    // Rows are as wide as a text of so many characters; true when that is new.
    bool growTo(qsizetype characters);

private:
    int textLeft() const;

    QFont m_font;
    int m_characterWidth;
    int m_rowHeight;
    int m_timeWidth;
    qsizetype m_characters = 0;
};

} // namespace gantry::ui
