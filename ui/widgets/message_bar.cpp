#include "ui/widgets/message_bar.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/icon_label.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>

#include <utility>

namespace gantry::widgets {

namespace {

constexpr int kShownMs = 6000;

QString iconOf(Badge::Tone tone)
{
    switch (tone) {
    case Badge::Tone::Error: return QStringLiteral("error");
    case Badge::Tone::Warning: return QStringLiteral("warning");
    case Badge::Tone::Success: return QStringLiteral("check-circle");
    default: return QStringLiteral("info");
    }
}

} // namespace

MessageBar::MessageBar(QWidget* parent, const QString& subject) : QFrame(parent)
{
    setObjectName(QStringLiteral("messageBar"));
    m_icon = new IconLabel(18, this);
    m_text = new QLabel(this);
    m_text->setObjectName(QStringLiteral("messageText"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_button = makeButton(QStringLiteral("messageButton"), {}, ButtonKind::Normal, {}, this);
    auto* close = makeIconButton(QStringLiteral("messageClose"), QStringLiteral("close"),
                                 subject.isEmpty() ? tr("Close the message")
                                                   : tr("Close the message about %1").arg(subject),
                                 this);
    close->setIconSize(QSize(14, 14));
    connect(close, &QToolButton::clicked, this, &MessageBar::dismiss);
    connect(m_button, &QPushButton::clicked, this, [this] {
        dismiss();
        if (const auto callBack = std::exchange(m_onButton, {}))
            callBack();
    });

    m_timer = new QTimer(this);
    m_timer->setSingleShot(true);
    connect(m_timer, &QTimer::timeout, this, &MessageBar::dismiss);

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(Theme::kMargin, Theme::kSpace, Theme::kSpace, Theme::kSpace);
    row->setSpacing(12);
    row->addWidget(m_icon);
    row->addWidget(m_text, 1);
    row->addWidget(m_button);
    row->addWidget(close);
    hide();
}

void MessageBar::showMessage(const QString& text, Badge::Tone tone)
{
    showMessage(text, tone, {}, {});
}

void MessageBar::showMessage(const QString& text, Badge::Tone tone, const QString& buttonText,
                             std::function<void()> onButton)
{
    m_tone = tone;
    m_text->setText(text);
    m_text->setAccessibleName(text);
    m_onButton = std::move(onButton);
    m_button->setText(buttonText);
    m_button->setAccessibleName(buttonText);
    m_button->setToolTip(buttonText);
    m_button->setVisible(!buttonText.isEmpty());
    m_icon->set(iconOf(m_tone), toneRole(m_tone));
    show();
    update();
    const bool stays = tone == Badge::Tone::Error || tone == Badge::Tone::Warning ||
                       !buttonText.isEmpty();
    if (stays)
        m_timer->stop();
    else
        m_timer->start(kShownMs);
}

void MessageBar::dismiss()
{
    m_timer->stop();
    hide();
}

QString MessageBar::text() const { return isHidden() ? QString() : m_text->text(); }

void MessageBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), Theme::current().color(toneSoftRole(m_tone)));
    painter.setPen(Theme::current().color(Theme::Border));
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

} // namespace gantry::widgets
