#include "ui/pages/monitor/log_delegate.h"

#include "ui/models/log_model.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QFontMetrics>
#include <QPainter>

namespace gantry::ui {

using models::LogLevel;
using models::LogModel;
using widgets::Theme;

namespace {

constexpr int kPadding = 8;
constexpr int kStrip = 3;
constexpr int kRowSpacing = 4;

Theme::Role textRole(LogLevel level)
{
    switch (level) {
    case LogLevel::Error:
        return Theme::Error;
    case LogLevel::Warning:
        return Theme::Warning;
    case LogLevel::Debug:
    case LogLevel::Platform:
        return Theme::MutedText;
    case LogLevel::Info:
        break;
    }
    return Theme::Text;
}

bool hasStrip(LogLevel level)
{
    return level == LogLevel::Error || level == LogLevel::Warning;
}

} // namespace

LogDelegate::LogDelegate(QObject* parent)
    : QStyledItemDelegate(parent), m_font(Theme::current().font(Theme::Mono))
{
    const QFontMetrics metrics(m_font);
    m_characterWidth = metrics.horizontalAdvance(QLatin1Char('M'));
    m_rowHeight = metrics.height() + kRowSpacing;
    m_timeWidth = metrics.horizontalAdvance(QStringLiteral("00:00:00.000"));
}

void LogDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const
{
    const Theme& theme = Theme::current();
    const auto level = LogLevel(index.data(LogModel::LevelRole).toInt());
    const QRect row = option.rect;
    if (option.state & QStyle::State_Selected)
        painter->fillRect(row, theme.color(Theme::Selected));
    painter->setFont(m_font);
    if (index.data(LogModel::FirstRole).toBool()) {
        const qint64 ms = index.data(LogModel::TimeRole).toLongLong() / 1000;
        painter->setPen(theme.color(Theme::MutedText));
        painter->drawText(
            QRect(row.left() + kPadding, row.top(), m_timeWidth, row.height()),
            Qt::AlignVCenter | Qt::AlignLeft,
            QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("HH:mm:ss.zzz")));
    }
    if (hasStrip(level))
        painter->fillRect(
            QRect(row.left() + textLeft() - kPadding, row.top(), kStrip, row.height()),
            theme.color(textRole(level)));
    painter->setPen(theme.color(textRole(level)));
    QString text = index.data().toString();
    text.replace(QLatin1Char('\t'), QStringLiteral("    "));
    painter->drawText(
        QRect(row.left() + textLeft(), row.top(), row.width() - textLeft(), row.height()),
        Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine, text);
}

QSize LogDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const
{
    return {textLeft() + int(m_characters) * m_characterWidth + kPadding, m_rowHeight};
}

bool LogDelegate::growTo(qsizetype characters)
{
    if (characters <= m_characters)
        return false;
    m_characters = characters;
    return true;
}

int LogDelegate::textLeft() const
{
    return kPadding + m_timeWidth + 2 * kPadding;
}

} // namespace gantry::ui
