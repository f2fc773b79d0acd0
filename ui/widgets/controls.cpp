#include "ui/widgets/controls.h"

#include "ui/widgets/theme.h"

#include <QAction>
#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>
#include <QVariant>

namespace gantry::widgets {

namespace {

QString kindName(ButtonKind kind)
{
    switch (kind) {
    case ButtonKind::Primary: return QStringLiteral("primary");
    case ButtonKind::Danger: return QStringLiteral("danger");
    case ButtonKind::Flat: return QStringLiteral("flat");
    case ButtonKind::Link: return QStringLiteral("link");
    case ButtonKind::Normal: break;
    }
    return {};
}

Theme::Role iconRole(ButtonKind kind)
{
    switch (kind) {
    case ButtonKind::Primary: return Theme::OnAccent;
    case ButtonKind::Danger: return Theme::Error;
    case ButtonKind::Link: return Theme::Accent;
    default: return Theme::MutedText;
    }
}

QLabel* makeLabel(const QString& text, Theme::TextStyle style, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setFont(Theme::current().font(style));
    label->setTextFormat(Qt::PlainText);
    return label;
}

} // namespace

void identify(QWidget* control, const QString& objectName, const QString& accessibleName,
              const QString& toolTip)
{
    control->setObjectName(objectName);
    control->setAccessibleName(accessibleName);
    control->setToolTip(toolTip.isEmpty() ? accessibleName : toolTip);
}

QPushButton* makeButton(const QString& objectName, const QString& text, ButtonKind kind,
                        const QString& iconName, QWidget* parent)
{
    auto* button = new QPushButton(text, parent);
    QString plain = text;
    identify(button, objectName, plain.remove(QLatin1Char('&')));
    button->setAutoDefault(false);
    button->setProperty("kind", kindName(kind));
    if (!iconName.isEmpty()) {
        button->setIcon(Theme::current().icon(iconName, iconRole(kind)));
        button->setIconSize(QSize(16, 16));
    }
    return button;
}

void setKind(QPushButton* button, ButtonKind kind)
{
    setStyleProperty(button, "kind", kindName(kind));
}

QToolButton* makeIconButton(const QString& objectName, const QString& iconName,
                            const QString& accessibleName, QWidget* parent)
{
    auto* button = new QToolButton(parent);
    identify(button, objectName, accessibleName);
    button->setIcon(Theme::current().icon(iconName));
    button->setIconSize(QSize(18, 18));
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

QToolButton* makeActionButton(QAction* action, QWidget* parent)
{
    auto* button = new QToolButton(parent);
    button->setDefaultAction(action);
    button->setIconSize(QSize(18, 18));
    button->setFocusPolicy(Qt::TabFocus);
    button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    QString name = action->text();
    identify(button, action->objectName() + QStringLiteral("Button"),
             name.remove(QLatin1Char('&')), toolTipFor(*action));
    return button;
}

QString toolTipFor(const QAction& action)
{
    QString text = action.text();
    text.remove(QLatin1Char('&'));
    const QString shortcut = action.shortcut().toString(QKeySequence::NativeText);
    return shortcut.isEmpty() ? text : QStringLiteral("%1 (%2)").arg(text, shortcut);
}

QLabel* makeTitle(const QString& text, QWidget* parent)
{
    return makeLabel(text, Theme::Title, parent);
}

QLabel* makeHeading(const QString& text, QWidget* parent)
{
    return makeLabel(text, Theme::Heading, parent);
}

QLabel* makeCaption(const QString& text, QWidget* parent)
{
    auto* label = makeLabel(text, Theme::Body, parent);
    label->setWordWrap(true);
    label->setProperty("muted", true);
    return label;
}

QFrame* makeCard(QWidget* parent)
{
    auto* card = new QFrame(parent);
    card->setProperty("card", true);
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    layout->setSpacing(Theme::kSpace);
    return card;
}

QVBoxLayout* cardLayout(QFrame* card) { return static_cast<QVBoxLayout*>(card->layout()); }

void setStyleProperty(QWidget* widget, const char* name, const QVariant& value)
{
    if (widget->property(name) == value)
        return;
    widget->setProperty(name, value);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

} // namespace gantry::widgets
