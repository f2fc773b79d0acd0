#include "ui/widgets/copy_line.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QTimer>
#include <QToolButton>

namespace gantry::widgets {

namespace {

constexpr int kConfirmMs = 1500;

} // namespace

CopyLine::CopyLine(const QString& objectName, const QString& accessibleName, QWidget* parent)
    : QWidget(parent), m_text(new QLabel(this))
{
    m_text->setFont(Theme::current().font(Theme::Mono));
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_text->setProperty("code", true);
    m_button = makeIconButton(objectName, QStringLiteral("copy"), accessibleName, this);
    connect(m_button, &QToolButton::clicked, this, &CopyLine::copy);

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    row->addWidget(m_text, 1);
    row->addWidget(m_button, 0, Qt::AlignTop);
}

void CopyLine::setText(const QString& text) { m_text->setText(text); }

QString CopyLine::text() const { return m_text->text(); }

void CopyLine::copy()
{
    QGuiApplication::clipboard()->setText(m_text->text());
    m_button->setIcon(Theme::current().icon(QStringLiteral("check"), Theme::Success));
    QTimer::singleShot(kConfirmMs, m_button, [this] {
        m_button->setIcon(Theme::current().icon(QStringLiteral("copy")));
    });
}

} // namespace gantry::widgets
