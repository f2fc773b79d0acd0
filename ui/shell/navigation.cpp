#include "ui/shell/navigation.h"

#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/icon_label.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kWidth = 208;
constexpr int kFoldedWidth = 60;
constexpr int kLogoSize = 24;
// Wider than the icon, which is drawn in its middle: the style leaves too little before the text.
constexpr QSize kIconSize(28, 20);

} // namespace

Navigation::Navigation(QWidget* parent) : QFrame(parent)
{
    setObjectName(QStringLiteral("navigation"));
    setAccessibleName(tr("Navigation"));

    auto* name = new QLabel(tr("Gantry"), this);
    name->setFont(Theme::current().font(Theme::Heading));
    m_wordmark = name;
    auto* brand = new QHBoxLayout;
    brand->setContentsMargins(Theme::kSpace, 4, 0, Theme::kMargin);
    brand->setSpacing(10);
    brand->addWidget(
        new widgets::IconLabel(QStringLiteral("gantry"), kLogoSize, Theme::Accent, this));
    brand->addWidget(name, 1);

    m_column = new QVBoxLayout(this);
    m_column->setContentsMargins(10, 14, 10, 10);
    m_column->setSpacing(2);
    m_column->addLayout(brand);
    m_column->addStretch();
    setFixedWidth(kWidth);
}

void Navigation::addPage(QAction* action)
{
    // Above the stretch and the footer.
    const int index = 1 + int(std::count_if(m_buttons.cbegin(), m_buttons.cend(), [](auto* button) {
        return button->property("page").toBool();
    }));
    QToolButton* button = makeEntry(action);
    button->setProperty("page", true);
    m_column->insertWidget(index, button);
}

void Navigation::addFooter(QAction* action) { m_column->addWidget(makeEntry(action)); }

QToolButton* Navigation::makeEntry(QAction* action)
{
    QToolButton* button = widgets::makeActionButton(action, this);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    button->setIconSize(kIconSize);
    button->setFocusPolicy(Qt::StrongFocus);
    m_buttons.append(button);
    return button;
}

void Navigation::setCount(QAction* action, int count)
{
    const auto found = std::find_if(m_buttons.cbegin(), m_buttons.cend(), [action](auto* button) {
        return button->defaultAction() == action;
    });
    if (found == m_buttons.cend())
        return;
    QToolButton* button = *found;
    widgets::Badge*& badge = m_counts[action];
    if (!badge) {
        badge = new widgets::Badge({}, widgets::Badge::Tone::Warning, button);
        badge->setObjectName(action->objectName() + QStringLiteral("Count"));
        badge->setAttribute(Qt::WA_TransparentForMouseEvents);
        auto* row = new QHBoxLayout(button);
        row->setContentsMargins(0, 0, m_folded ? 0 : Theme::kSpace, 0);
        row->addWidget(badge, 0, Qt::AlignRight | Qt::AlignVCenter);
    }
    badge->setText(QString::number(count));
    badge->setVisible(count > 0);
    button->setAccessibleDescription(count > 0 ? tr("%n open", nullptr, count) : QString());
}

void Navigation::setFolded(bool folded)
{
    m_folded = folded;
    m_wordmark->setVisible(!folded);
    for (QToolButton* button : std::as_const(m_buttons)) {
        button->setToolButtonStyle(folded ? Qt::ToolButtonIconOnly : Qt::ToolButtonTextBesideIcon);
    }
    setFixedWidth(folded ? kFoldedWidth : kWidth);
}

} // namespace gantry::ui
