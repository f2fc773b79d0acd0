#pragma once

#include <QColor>
#include <QFont>
#include <QStringList>
#include <QStyledItemDelegate>

namespace gantry::ui {

// Paints one row of a LogModel: time, the function in its colour where several are followed, a
// strip in the level's colour, text in a fixed-width font. All rows are equally high and wide, so
// that a view may hold a hundred thousand.
class LogDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit LogDelegate(QObject* parent);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    // Rows are as wide as a text of so many characters; true when that is new.
    bool growTo(qsizetype characters);
    // A column with the function's name, in the colour of its place in the list.
    void showFunctions(const QStringList& order);
    // What is marked in the text, in any case.
    void setHighlight(const QString& text) { m_highlight = text; }
    // Before the text of a row that tells of a refused call, a button that asks why; empty in others.
    QRect whyRect(const QRect& row, const QModelIndex& index) const;
    // The same colour wherever a function is told apart by one.
    static QColor functionColor(const QStringList& order, const QString& name);

Q_SIGNALS:
    void whyRequested(const QModelIndex& index);

protected:
    bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                     const QModelIndex& index) override;

private:
    int textLeft() const;
    void paintWhy(QPainter& painter, const QRect& place) const;
    void paintFunction(QPainter& painter, const QRect& row, const QString& name) const;
    void paintHighlights(QPainter& painter, const QRect& text, const QString& line) const;

    QFont m_font;
    int m_characterWidth;
    int m_rowHeight;
    int m_timeWidth;
    int m_functionWidth = 0;
    qsizetype m_characters = 0;
    QStringList m_functions;
    QString m_highlight;
};

} // namespace gantry::ui
