#include "ui/widgets/secret_field.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QCryptographicHash>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>

namespace gantry::widgets {

namespace {

constexpr int kPatienceMs = 30'000;
constexpr int kHeight = 96;

QByteArray hashOf(const QString& text)
{
    return QCryptographicHash::hash(text.toUtf8(), QCryptographicHash::Sha256);
}

} // namespace

SecretField::SecretField(const QString& name, const QString& what, QWidget* parent)
    : QWidget(parent), m_text(new QPlainTextEdit), m_hide(new QTimer(this)),
      m_clear(new QTimer(this))
{
    setObjectName(name + QStringLiteral("Field"));
    identify(m_text, name + QStringLiteral("Value"), tr("Value of the %1").arg(what));
    m_text->setReadOnly(true);
    m_text->setFont(Theme::current().font(Theme::Mono));
    m_text->setFixedHeight(kHeight);
    m_reveal = makeButton(name + QStringLiteral("Reveal"), tr("Reveal"), ButtonKind::Normal,
                          QStringLiteral("eye"));
    m_reveal->setAccessibleName(tr("Reveal the %1").arg(what));
    m_reveal->setToolTip(tr("Show the value for 30 seconds"));
    m_copy = makeButton(name + QStringLiteral("Copy"), tr("Copy value"), ButtonKind::Normal,
                        QStringLiteral("copy"));
    m_copy->setAccessibleName(tr("Copy the %1").arg(what));
    m_copy->setToolTip(tr("Copy the value; the clipboard is cleared after 30 seconds"));
    connect(m_reveal, &QPushButton::clicked, this, [this] {
        if (m_shown)
            hideValue();
        else
            Q_EMIT revealRequested();
    });
    connect(m_copy, &QPushButton::clicked, this, &SecretField::copyRequested);
    m_hide->setSingleShot(true);
    m_clear->setSingleShot(true);
    setPatience(kPatienceMs);
    connect(m_hide, &QTimer::timeout, this, &SecretField::hideValue);
    connect(m_clear, &QTimer::timeout, this, &SecretField::clearClipboard);
    // A console that ends leaves nothing behind either.
    connect(qApp, &QCoreApplication::aboutToQuit, this, &SecretField::clearClipboard);

    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::kSpace);
    buttons->addWidget(m_reveal);
    buttons->addWidget(m_copy);
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_text);
    column->addLayout(buttons);
    hideValue();
}

void SecretField::setPatience(int milliseconds)
{
    m_hide->setInterval(milliseconds);
    m_clear->setInterval(milliseconds);
}

void SecretField::showValue(const QString& text)
{
    m_shown = true;
    m_text->setPlainText(text);
    m_text->setEnabled(true);
    m_reveal->setText(tr("Hide"));
    m_hide->start();
}

void SecretField::hideValue()
{
    m_shown = false;
    m_hide->stop();
    m_text->setPlainText(QString(12, QChar(0x2022)));
    m_text->setEnabled(false);
    m_reveal->setText(tr("Reveal"));
}

void SecretField::copyValue(const QString& text)
{
    QGuiApplication::clipboard()->setText(text);
    m_copied = hashOf(text);
    m_clear->start();
}

void SecretField::clearClipboard()
{
    m_clear->stop();
    if (!m_copied.isEmpty() && hashOf(QGuiApplication::clipboard()->text()) == m_copied)
        QGuiApplication::clipboard()->clear();
    m_copied.clear();
}

} // namespace gantry::widgets
