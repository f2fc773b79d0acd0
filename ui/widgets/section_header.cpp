#include "ui/widgets/section_header.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace gantry::widgets {

SectionHeader::SectionHeader(const QString& title, Level level, QWidget* parent) : QWidget(parent)
{
    m_title = level == Level::Page ? makeTitle(title, this) : makeHeading(title, this);
    m_subtitle = makeCaption({}, this);
    m_subtitle->hide();

    m_titleRow = new QHBoxLayout;
    m_titleRow->setSpacing(Theme::kSpace);
    m_titleRow->addWidget(m_title);
    m_titleRow->addStretch();

    auto* texts = new QVBoxLayout;
    texts->setSpacing(Theme::kSpace / 2);
    texts->addLayout(m_titleRow);
    texts->addWidget(m_subtitle);

    m_controls = new QHBoxLayout;
    m_controls->setSpacing(Theme::kSpace);

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kMargin);
    row->addLayout(texts, 1);
    row->addLayout(m_controls);
}

void SectionHeader::setTitle(const QString& title) { m_title->setText(title); }

void SectionHeader::setSubtitle(const QString& subtitle)
{
    m_subtitle->setText(subtitle);
    m_subtitle->setVisible(!subtitle.isEmpty());
}

void SectionHeader::addBeside(QWidget* widget)
{
    m_titleRow->insertWidget(m_titleRow->count() - 1, widget);
}

void SectionHeader::addControl(QWidget* widget) { m_controls->addWidget(widget); }

} // namespace gantry::widgets
